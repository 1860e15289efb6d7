/** The middle value; the mean of the two in the middle of an even number. NaN of none. */
export function median(values) {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length / 2
  if (sorted.length % 2 === 1) return sorted[Math.floor(middle)]
  return (sorted[middle - 1] + sorted[middle]) / 2
}

/** The same values in random order. */
export function shuffled(values) {
  const rest = [...values]
  for (let end = rest.length - 1; end > 0; end--) {
    const other = Math.floor(Math.random() * (end + 1))
    ;[rest[end], rest[other]] = [rest[other], rest[end]]
  }
  return rest
}
