import { describe, expect, it } from 'vitest'
import { judge, type Kept } from './law.js'
import { contentOf, type Entry } from './ledger.js'

/** Writes 1 to 6 of one writer in one conversation; the fifth holds three messages. */
function world() {
  const entries = new Map<string, Entry>()
  const kept: Kept[] = []
  for (let sequence = 1; sequence <= 6; sequence += 1) {
    const write = { writer: 7, sequence, conversation: 'c' }
    const messages = Array.from({ length: sequence === 5 ? 3 : 1 }, (_, part) => ({
      id: `id-${sequence}-${part}`,
      position: kept.length + part + 1,
      content: contentOf(write, part, 2),
    }))
    kept.push(...messages)
    entries.set(`7.${sequence}`, {
      ...write, acknowledged: messages.map(({ id, position }) => ({ id, position })),
    })
  }
  return { entries, kept }
}

type World = ReturnType<typeof world>

function judged({ entries, kept }: World, keyed = true) {
  return judge({ entries, kept: new Map([['c', kept]]), keyed, fillingLength: 2 })
}

/** Takes messages out and lets the others move up, as a server that forgot them would. */
function without(kept: Kept[], ...positions: number[]): Kept[] {
  return kept
    .filter(({ position }) => !positions.includes(position))
    .map((message, index) => ({ ...message, position: index + 1 }))
}

const swapped = ({ entries, kept: [first, second, ...rest] }: World): World => ({
  entries, kept: [{ ...second!, position: 1 }, { ...first!, position: 2 }, ...rest],
})

const broken: readonly (readonly [string, string, (world: World) => World])[] = [
  ['a lost write', 'acknowledged and lost', ({ entries, kept }) => ({
    entries, kept: without(kept, 8),
  })],
  ['a doubled write', 'kept more than once', ({ entries, kept }) => ({
    entries, kept: [...kept, { ...kept[0]!, id: 'twin', position: 9 }],
  })],
  ['half a write', 'kept in part', ({ entries, kept }) => ({ entries, kept: without(kept, 7) })],
  ['a write torn apart', 'do not stand together', ({ entries, kept }) => {
    const order = [1, 2, 3, 4, 5, 6, 8, 7].map((position) => kept[position - 1]!)
    return { entries, kept: order.map((each, index) => ({ ...each, position: index + 1 })) }
  }],
  ['a gap', 'position 9 stands where 8 should', ({ entries, kept }) => ({
    entries, kept: [...kept.slice(0, 7), { ...kept[7]!, position: 9 }],
  })],
  ['another position than answered', 'another id or position', swapped],
  ['a writer’s order turned round', 'before its writer’s earlier ones', swapped],
  ['another id than answered', 'another id or position', ({ entries, kept }) => ({
    entries, kept: [{ ...kept[0]!, id: 'changed' }, ...kept.slice(1)],
  })],
  ['a message of nobody', 'kept but never attempted', ({ entries, kept }) => {
    entries.delete('7.6')
    return { entries, kept }
  }],
  ['a changed content', 'its content is no one’s', ({ entries, kept }) => ({
    entries, kept: [{ ...kept[0]!, content: '7.1.0.xy' }, ...kept.slice(1)],
  })],
  ['a write in another conversation', 'misplaced', ({ entries, kept }) => {
    entries.set('7.1', { ...entries.get('7.1')!, conversation: 'd' })
    return { entries, kept }
  }],
  ['a key without an end', 'never acknowledged', ({ entries, kept }) => {
    entries.set('7.7', { writer: 7, sequence: 7, conversation: 'c' })
    return { entries, kept }
  }],
]

describe('the ledger law', () => {
  it('finds nothing where nothing is wrong', () => {
    expect(judged(world())).toEqual({
      attempted: 6, acknowledged: 6, kept: 6, duplicates: 0, messages: 8, breaches: [],
    })
  })

  it('allows a write without a key to be kept, or lost, unacknowledged', () => {
    const { entries, kept } = world()
    for (const name of ['7.5', '7.6']) delete entries.get(name)!.acknowledged
    expect(judged({ entries, kept }, false).breaches).toEqual([])
    const lost = judged({ entries, kept: without(kept, 8) }, false)
    expect(lost).toMatchObject({ attempted: 6, acknowledged: 4, kept: 5, breaches: [] })
  })

  it.each(broken)('finds %s', (_name, words, spoil) => {
    expect(judged(spoil(world())).breaches.join('\n')).toContain(words)
  })

  it('counts what was kept twice', () => {
    const { entries, kept } = world()
    const twin = { ...kept[0]!, id: 'twin', position: 9 }
    expect(judged({ entries, kept: [...kept, twin] }).duplicates).toBe(1)
  })
})
