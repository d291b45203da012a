// A breed that is tested, and the workflow that it is tested in.

export const script = (definition: string) => ({ deployable: { type: "application/javascript", definition } });

const scale = { cpu: 1, memory: "96MB" };

export const workflow = (fields: object = {}) => ({
  name: "shop",
  schedule: "manual",
  scale,
  breed: "tested",
  ...fields,
});
