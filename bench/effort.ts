// How much is measured. The full effort takes about eight minutes; the quick one shows that everything works.

export type Effort = {
  readonly firstEventRounds: number;
  readonly loadRounds: number;
  readonly loadSeconds: number;
  readonly singleRequests: number;
  readonly publishedMessages: number;
  readonly idleSeconds: number;
  readonly runRounds: number;
  readonly singleRuns: number;
  readonly steadyRuns: number;
  readonly manyRuns: number;
  readonly scriptRounds: number;
  readonly singleScripts: number;
  readonly manyScripts: number;
  readonly singleContainers: number;
  readonly burstRuns: number;
  /** Workflows that wait for an event that does not come, or for a slot. */
  readonly idleWorkflows: number;
  /** Over so long their slots are spread. */
  readonly slotSeconds: number;
  readonly streamEvents: number;
  /** Of each kind. */
  readonly streamQuestions: number;
};

export const fullEffort: Effort = {
  firstEventRounds: 24,
  loadRounds: 3,
  loadSeconds: 5,
  singleRequests: 2_000,
  publishedMessages: 200_000,
  idleSeconds: 30,
  runRounds: 3,
  singleRuns: 400,
  steadyRuns: 150,
  manyRuns: 10_000,
  scriptRounds: 3,
  singleScripts: 15,
  manyScripts: 80,
  singleContainers: 12,
  burstRuns: 40,
  idleWorkflows: 10_000,
  slotSeconds: 60,
  streamEvents: 1_000_000,
  streamQuestions: 1_000,
};

export const quickEffort: Effort = {
  firstEventRounds: 4,
  loadRounds: 1,
  loadSeconds: 2,
  singleRequests: 300,
  publishedMessages: 20_000,
  idleSeconds: 5,
  runRounds: 1,
  singleRuns: 150,
  steadyRuns: 50,
  manyRuns: 2_000,
  scriptRounds: 1,
  singleScripts: 8,
  manyScripts: 30,
  singleContainers: 3,
  burstRuns: 8,
  idleWorkflows: 1_000,
  slotSeconds: 10,
  streamEvents: 100_000,
  streamQuestions: 100,
};
