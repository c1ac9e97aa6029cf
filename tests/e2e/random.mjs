// SPDX-License-Identifier: MIT
/*
 * Chance that can be repeated: a test prints its seed and takes it from $SEED
 * again. (mulberry32)
 */
export function seededRandom(seed = Number(process.env.SEED) ||
                                    Date.now() % 2 ** 31) {
  let state = seed;
  const random = () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
  random.seed = seed;
  random.between = (low, high) => low + random() * (high - low);
  random.pick = (list) => list[Math.floor(random() * list.length)];
  return random;
}
