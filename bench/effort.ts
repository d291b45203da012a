// How much is measured. The full effort takes about three minutes; the quick one shows that everything works.

export type Effort = {
  readonly firstEventRounds: number;
  readonly loadRounds: number;
  readonly loadSeconds: number;
  readonly singleRequests: number;
  readonly publishedMessages: number;
  readonly idleSeconds: number;
};

export const fullEffort: Effort = {
  firstEventRounds: 24,
  loadRounds: 3,
  loadSeconds: 5,
  singleRequests: 2_000,
  publishedMessages: 200_000,
  idleSeconds: 30,
};

export const quickEffort: Effort = {
  firstEventRounds: 4,
  loadRounds: 1,
  loadSeconds: 2,
  singleRequests: 300,
  publishedMessages: 20_000,
  idleSeconds: 5,
};
