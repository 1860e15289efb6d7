/** Asks for all names at once or, where that would be too much for one answer, by halves. */
export async function inParts<Name, Found>(
  names: readonly Name[], find: (names: readonly Name[]) => Promise<readonly Found[]>,
): Promise<readonly Found[]> {
  try {
    return await find(names)
  } catch (error) {
    const isTooMuch = (error as { code?: unknown } | null)?.code === 'answer_too_large'
    if (!isTooMuch || names.length < 2) throw error
  }
  const middle = Math.ceil(names.length / 2)
  const first = await inParts(names.slice(0, middle), find)
  return [...first, ...await inParts(names.slice(middle), find)]
}
