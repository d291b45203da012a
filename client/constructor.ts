/**
 * The published client's constructors may be called with and without `new`. A function that returns an object does both at run
 * time; this says so to the compiler.
 */
export function constructor<Parameters extends unknown[], Made extends object>(
  create: (...parameters: Parameters) => Made,
): { new (...parameters: Parameters): Made; (...parameters: Parameters): Made };
export function constructor(create: unknown): unknown {
  return create;
}
