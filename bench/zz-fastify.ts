import Fastify from "fastify";
const a = Fastify({ logger: false });
a.post("/api/v1/events", (q, r) => {
  r.code(201).send({ ...(q.body as object), id: crypto.randomUUID(), timestamp: new Date().toISOString() });
});
await a.listen({ port: 42312, host: "127.0.0.1" });
