import { type Holdfast } from '../holdfast.js'

/** What all messages of a conversation say, in order. */
export async function contentsOf(holdfast: Holdfast, id: string): Promise<string[]> {
  const all: string[] = []
  for (let cursor: string | undefined; ;) {
    const page = await holdfast.organization().messages.list(id, { limit: 200, cursor })
    all.push(...page.data.map(({ content }) => String(content)))
    if (page.nextCursor === null) return all
    cursor = page.nextCursor
  }
}
