// Which of the images that Drover builds nobody needs any more: a pure decision over what the engine lists.
//
//   G1. What any container is made of stays, whoever started it and whether it runs or not.
//   G2. The newest of each kind stays, so that the next start need not build.
//   G3. A controller says again and again that it uses its image (image-keeper.ts). What nobody has said that of for idleMs belongs
//       to no controller that runs.
//   G4. Layers without a name that a build left behind go after the same time: by then no build is under way that needs them.

/** Twelve times as long as a controller takes to say it again. */
const idleMs = 3_600_000;
const kinds = ["drover-agent", "drover-node"] as const;

export type BuiltImage = {
  readonly id: string;
  readonly tags: readonly string[];
  /** When it was last given one of its names, which is how a controller says that it uses it. */
  readonly namedMs: number;
  readonly hasContainer: boolean;
};

/** Names of images, and ids of those without a name, that may be removed. */
export function unneededImages(images: readonly BuiltImage[], nowMs: number): readonly string[] {
  const isIdle = (image: BuiltImage): boolean => !image.hasContainer && nowMs - image.namedMs > idleMs;
  const nameless = images.filter((image) => image.tags.length === 0 && isIdle(image)).map(({ id }) => id);
  const named = kinds.flatMap((kind) => {
    const ofKind = images.flatMap((image) => image.tags.filter(isOf(kind)).map((tag) => ({ tag, image })));
    const newestFirst = ofKind.toSorted((a, b) => b.image.namedMs - a.image.namedMs);
    return newestFirst.slice(1).flatMap(({ tag, image }) => (isIdle(image) ? [tag] : []));
  });
  return [...named, ...nameless];
}

function isOf(kind: string): (tag: string) => boolean {
  return (tag) => tag.startsWith(`${kind}:`);
}
