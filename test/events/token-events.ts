// What a controller tells that asks for tokens: who was given one, and who was refused because of one.
import { type StoredEvent, call, eventually } from "../api.ts";
import { startDrover } from "../drover.ts";

const adminToken = "0123456789abcdef0123456789abcdef";
const perSecond = 5;
const burst = 50;

export async function tokenEvents(): Promise<readonly StoredEvent[]> {
  const settings = { DROVER_AUTH: "tokens", DROVER_ADMIN_TOKEN: adminToken, DROVER_TOKEN_RATE: String(perSecond) };
  await using drover = await startDrover({ DROVER_RUNTIME: "process", ...settings });
  const { url } = drover;
  const as = (token: string) => ({ Authorization: `Bearer ${token}` });
  const make = async (name: string, rest: object): Promise<Record<string, string>> => {
    const { body } = await call<{ value: string }>(url, "POST", "/tokens", { name, ...rest }, as(adminToken));
    return as(body.value);
  };
  const workflow = { breed: { deployable: { type: "application/javascript", definition: "1" } }, schedule: "manual" };

  const [shop, short] = [
    await make("shop", { role: "operator", workflows: ["shop-*"] }),
    await make("short", { role: "viewer", expires: "PT1S" }),
  ];
  await call(url, "GET", "/info");
  await call(url, "GET", "/info", undefined, as("nobodys"));
  await call(url, "GET", "/tokens", undefined, shop);
  await call(url, "PUT", "/workflows/bank", workflow, shop);
  await call(url, "PUT", "/workflows/shop-a", { ...workflow, permissions: "operator" }, shop);
  await eventually(
    () => call(url, "GET", "/info", undefined, short),
    ({ status }) => status === 401,
  );
  await eventually(
    async () => Promise.all(Array.from({ length: burst }, () => call(url, "GET", "/info", undefined, shop))),
    (answers) => answers.some(({ status }) => status === 429),
  );
  await call(url, "DELETE", "/tokens/shop", undefined, as(adminToken));
  const { body } = await eventually(
    () => call<StoredEvent[]>(url, "GET", "/events?per_page=1000", undefined, as(adminToken)),
    ({ body: found }) => Array.isArray(found) && found.some(({ tags }) => tags.includes("refused:rate")),
  );
  return body;
}
