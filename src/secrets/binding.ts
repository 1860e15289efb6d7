/** What a ciphertext is for; a value of one kind never opens as another. */
export type BindingKind = 'secret' | 'field' | 'organization_key' | 'root_check'

/**
 * The additional data of a ciphertext, rebuilt at each reading from where it stands and never
 * stored with it. Each part has its length before it, so that no two lists are written alike,
 * whatever characters a name may hold.
 */
export function bindingOf(kind: BindingKind, parts: readonly (string | number)[]): Uint8Array {
  const written = [kind, ...parts].map((part) => {
    const text = String(part)
    return `${Buffer.byteLength(text)}:${text}`
  })
  return new TextEncoder().encode(`v1|${written.join('|')}`)
}
