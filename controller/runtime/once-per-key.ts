// One piece of work at a time per key: who asks while it is under way gets the same promise. Keeps two starts of one workflow
// from making two holders, and two starts of one instance from removing each other's container.

export type OncePerKey<T> = (key: string, work: () => Promise<T>) => Promise<T>;

export function createOncePerKey<T>(): OncePerKey<T> {
  const underWay = new Map<string, Promise<T>>();
  return (key, work) => {
    const present = underWay.get(key);
    if (present) return present;
    const promise = work().finally(() => underWay.delete(key));
    underWay.set(key, promise);
    return promise;
  };
}
