import { describe, expect, it } from 'vitest'
import { type WireStatement, wireBytes } from './dialects/postgres-wire.js'

const statement: WireStatement = {
  name: 'n', text: 'select', values: [], closes: false, parses: false, describes: false,
}

/** Kinds of messages with what follows their lengths, as text. */
function messagesIn(bytes: Buffer): string[] {
  const messages: string[] = []
  for (let at = 0; at < bytes.length;) {
    const length = bytes.readInt32BE(at + 1)
    const kind = bytes.toString('utf8', at, at + 1)
    messages.push(kind + bytes.toString('utf8', at + 5, at + 1 + length))
    at += 1 + length
  }
  return messages
}

describe('the messages of a flush', () => {
  it('are bind, execute and one sync for what is prepared', () => {
    expect(messagesIn(wireBytes([statement, statement]))).toEqual([
      'B\0n\0\0\0\0\0\0\0', 'E\0\0\0\0\0', 'B\0n\0\0\0\0\0\0\0', 'E\0\0\0\0\0', 'S',
    ])
  })

  it('close, prepare and describe what is in doubt', () => {
    const doubtful = { ...statement, closes: true, parses: true, describes: true }
    expect(messagesIn(wireBytes([doubtful])).map((message) => message[0]).join('')).toBe('CPBDES')
    expect(messagesIn(wireBytes([doubtful]))).toMatchObject({
      0: 'CSn\0', 1: 'Pn\0select\0\0\0', 3: 'DP\0',
    })
  })

  it('carry null, text and bytes', () => {
    const [bound] = messagesIn(wireBytes([
      { ...statement, values: [null, 'é', Uint8Array.of(7), ''] },
    ]))
    expect(bound!.slice(3)).toBe(
      '\0\0\x04\0\0\0\0\0\x01\0\0\0\x04' +
      Buffer.from([255, 255, 255, 255]).toString('utf8') +
      '\0\0\0\x02é\0\0\0\x01\x07\0\0\0\0\0\0')
  })

  it('have room for texts of any length, whatever their characters take', () => {
    for (const length of [1, 127, 128, 129, 1_000]) {
      for (const character of ['a', 'é', '漢', '🙂']) {
        const text = character.repeat(length)
        const values = Array.from({ length: 20 }, () => text)
        const bytes = wireBytes([{ ...statement, text, parses: true, values }])
        const [parse, bind, , end] = messagesIn(bytes)
        expect(parse).toBe(`Pn\0${text}\0\0\0`)
        expect(bind!.split(text)).toHaveLength(21)
        expect(end).toBe('S')
      }
    }
  })
})
