import { closeSync, openSync, readFileSync, writeSync } from 'node:fs'

/** One append, by its writer and the writer's count. */
export interface Write {
  readonly writer: number
  readonly sequence: number
  readonly conversation: string
}

/** Where one message of a write stands, by the answer. */
export interface Place {
  readonly id: string
  readonly position: number
}

/** A write as the ledger knows it. */
export interface Entry extends Write {
  /** The places of its messages; undefined while nothing was acknowledged. */
  acknowledged?: readonly Place[]
}

/**
 * What was attempted and what was acknowledged, in a file that was opened before the first write
 * and that no killed process ever touches.
 */
export class Ledger {
  readonly #path: string
  readonly #file: number

  constructor(path: string) {
    this.#path = path
    this.#file = openSync(path, 'a')
  }

  /** Before the first attempt of a write. */
  intend({ writer, sequence, conversation }: Write): void {
    writeSync(this.#file, `intent ${writer} ${sequence} ${conversation}\n`)
  }

  /** After its answer. */
  acknowledge({ writer, sequence }: Write, places: readonly Place[]): void {
    const list = places.map(({ id, position }) => `${id}@${position}`).join(',')
    writeSync(this.#file, `ack ${writer} ${sequence} ${list}\n`)
  }

  /** Everything in the file, by name of the write. */
  read(): Map<string, Entry> {
    const entries = new Map<string, Entry>()
    for (const line of readFileSync(this.#path, 'utf8').split('\n').filter(Boolean)) {
      const [kind, writer, sequence, rest] = line.split(' ') as [string, string, string, string]
      const name = nameOf({ writer: Number(writer), sequence: Number(sequence) })
      if (kind === 'ack') entries.get(name)!.acknowledged = rest.split(',').map(placeOf)
      else {
        const write = { writer: Number(writer), sequence: Number(sequence), conversation: rest }
        entries.set(name, write)
      }
    }
    return entries
  }

  close(): void {
    closeSync(this.#file)
  }
}

/** The name of a write; also its idempotency key. */
export function nameOf({ writer, sequence }: Pick<Write, 'writer' | 'sequence'>): string {
  return `${writer}.${sequence}`
}

/** How many messages a write holds: most hold one, every fifth holds three, all or none. */
export function sizeOf({ sequence }: Pick<Write, 'sequence'>): number {
  return sequence % 5 === 0 ? 3 : 1
}

/** The content of one message of a write: its name, its place in the write, and a filling. */
export function contentOf(write: Write, part: number, fillingLength: number): string {
  return `${nameOf(write)}.${part}.${'x'.repeat(fillingLength)}`
}

function placeOf(text: string): Place {
  const [id, position] = text.split('@') as [string, string]
  return { id, position: Number(position) }
}
