/** Runs the controller in this process until it is told to stop; gives its exit code. Loaded only here: it is most of the code. */
export async function up(environment: NodeJS.ProcessEnv): Promise<number> {
  const { runController } = await import("../../controller/main.ts");
  return runController(environment);
}
