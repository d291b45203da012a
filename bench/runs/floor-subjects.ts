// The streams of the floor; each takes the subject of its own name.
export const floorIn = "floor-in";
export const floorOut = "floor-out";
