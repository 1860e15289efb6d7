import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'

type Fields = Record<string, string>

/** Seals values for real, under a key of its own; shaped as settings ask for it. */
export interface TestSealer {
  /** What was handed in to be sealed, call by call. */
  readonly calls: Fields[]
  seal(fields: Fields, binding: object): Promise<Fields>
  open(sealed: Fields, binding: object): Promise<Fields>
}

/** A sealer whose values are bound to their row and name, so that a moved one does not open. */
export function testSealer(): TestSealer {
  const key = randomBytes(32)
  const bound = (name: string, binding: object) =>
    Buffer.from(JSON.stringify([name, ...Object.values(binding)]))
  const calls: Fields[] = []
  const each = async (
    fields: Fields, change: (text: string, name: string) => string,
  ) => Object.fromEntries(
    Object.entries(fields).map(([name, text]) => [name, change(text, name)]))
  return {
    calls,
    seal: async (fields, binding) => {
      calls.push(fields)
      return each(fields, (text, name) => {
        const nonce = randomBytes(12)
        const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(bound(name, binding))
        const parts = [cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()]
        return Buffer.concat([nonce, ...parts]).toString('base64url')
      })
    },
    open: async (sealed, binding) => each(sealed, (text, name) => {
      const bytes = Buffer.from(text, 'base64url')
      const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, 12))
        .setAAD(bound(name, binding)).setAuthTag(bytes.subarray(-16))
      return decipher.update(bytes.subarray(12, -16), undefined, 'utf8') + decipher.final('utf8')
    }),
  }
}
