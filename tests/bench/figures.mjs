// SPDX-License-Identifier: MIT
/* Numbers out of lists of numbers. Pure. */

/* The value that `p` of the list lie at or below; NaN of nothing. */
export function percentile(list, p) {
  const sorted = [...list].sort((a, b) => a - b);

  return sorted.length
    ? sorted[Math.max(0, Math.ceil(sorted.length * p) - 1)] : NaN;
}

export function summary(list) {
  return {
    n: list.length,
    p50: percentile(list, 0.5),
    p95: percentile(list, 0.95),
    p99: percentile(list, 0.99),
    max: percentile(list, 1),
  };
}

/* Rows of equal length as text, the first column to the left. */
export function table(rows) {
  const width = rows[0].map((_, i) => Math.max(
    ...rows.map((row) => String(row[i]).length)));

  return rows.map((row) => row.map((cell, i) => (i
    ? String(cell).padStart(width[i])
    : String(cell).padEnd(width[i]))).join('  ').trimEnd()).join('\n');
}

export const round = (ms) => (Number.isFinite(ms)
  ? Math.round(ms * 10) / 10 : null);
