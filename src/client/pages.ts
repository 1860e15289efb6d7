interface Page<T> {
  readonly data: readonly T[]
  readonly next_cursor: string | null
}

/** The rows of all pages; the next page is asked for when the rows of this one are used up. */
export async function* eachOf<T>(
  list: (cursor: { readonly cursor?: string }) => Promise<Page<T>>,
): AsyncGenerator<T, void, undefined> {
  let page = await list({})
  for (;;) {
    yield* page.data
    if (page.next_cursor === null) return
    page = await list({ cursor: page.next_cursor })
  }
}
