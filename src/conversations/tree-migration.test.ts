import { expect, it } from 'vitest'
import { Migrator } from '../database/migrate.js'
import { migrations } from '../database/migrations/index.js'
import { onEveryEngine } from '../testing/backends.js'

const idOf = (number: number) => `00000000-0000-7000-8000-${String(number).padStart(12, '0')}`
const organization = idOf(1)
const moment = '2026-01-01T00:00:00.000000Z'

/** Position, and the position of the parent; null for none, as old appends left it out. */
type Old = readonly (number | null)[]

/** Parents by position: a chain without them; a tree with some; nothing; a tree with two deep. */
const old: Readonly<Record<number, Old>> = {
  10: [null, null, null],
  11: [null, 1, 1, null, 2, 3, 1],
  12: [],
  13: [null, 1, 2, 2, 3, 4, null],
}

const messageOf = (conversation: string | number, position: number) =>
  idOf(Number(conversation) * 1_000 + position)

/** Who had no parent follows the message before; the first one follows none. */
function parentIn(parents: Old, position: number): number | null {
  return parents[position - 1] ?? (position === 1 ? null : position - 1)
}

function depthIn(parents: Old, position: number): number {
  const parent = parentIn(parents, position)
  return parent === null ? 1 : depthIn(parents, parent) + 1
}

onEveryEngine('conversations from before there were branches', (world) => {
  const run = (sql: string) => world().backend.run({ sql, parameters: [] })
  const before = migrations.findIndex(({ name }) => name === '0015_message_tree')

  async function furnish(): Promise<void> {
    await run(`insert into organizations (id, slug, name, created_at, updated_at)
      values ('${organization}', 'old', 'Old', '${moment}', '${moment}')`)
    for (const [number, parents] of Object.entries(old)) {
      const conversation = idOf(Number(number))
      await run(`insert into conversations (organization_id, id, metadata, message_count, revision,
          created_at, updated_at)
        values ('${organization}', '${conversation}', '{}', ${parents.length}, 1, '${moment}',
          '${moment}')`)
      for (const [index, parent] of parents.entries()) {
        const parentId = parent === null ? 'null' : `'${messageOf(number, parent)}'`
        await run(`insert into messages (organization_id, conversation_id, id, position,
            parent_message_id, role, content, metadata, revision, created_at)
          values ('${organization}', '${conversation}', '${messageOf(number, index + 1)}',
            ${index + 1}, ${parentId}, 'user', '"${number} ${index + 1}"', '{"a":1.0}', 1,
            '${moment}')`)
      }
    }
  }

  async function rows(columns: string) {
    const answer = await run(`select conversation_id, ${columns} from messages
      order by conversation_id, position`)
    return answer.rows
  }

  it('keep every message, follow the order of arrival, and go back', async () => {
    const { backend } = world()
    await new Migrator(backend, { migrations: migrations.slice(0, before) }).up()
    await furnish()
    const texts = 'position, content, metadata'
    const given = await rows(texts)
    const migrator = new Migrator(backend, { migrations: migrations.slice(0, before + 1) })
    await migrator.up()
    expect(await rows(texts)).toEqual(given)

    for (const [number, parents] of Object.entries(old)) {
      const found = (await rows('id, position, branch, depth, parent_message_id'))
        .filter((row) => row.conversation_id === idOf(Number(number)))
      for (const row of found) {
        const position = Number(row.position)
        const parent = parentIn(parents, position)
        expect(row.parent_message_id).toBe(parent === null ? null : messageOf(number, parent))
        expect(Number(row.depth)).toBe(depthIn(parents, position))
      }
      const places = found.map((row) => `${String(row.branch)} ${String(row.depth)}`)
      expect(new Set(places).size).toBe(parents.length)
    }

    const { rows: [chain] } = await run(`select active_leaf_id, active_branch, active_depth,
      branch_count from conversations where id = '${idOf(10)}'`)
    expect(Object.values(chain!).map(String)).toEqual([messageOf(10, 3), '0', '3', '1'])
    const branches = await run(`select branch, parent_branch, parent_depth from message_branches
      where conversation_id = '${idOf(11)}' order by branch`)
    // 3 and 7 leave message 1, which 2 follows already; 6 leaves 3, which 4 follows.
    expect(branches.rows.map((row) => Object.values(row).map(Number)))
      .toEqual([[1, 0, 1], [2, 1, 2], [3, 0, 1]])

    expect(await migrator.down(1)).toEqual(['0015_message_tree'])
    expect(await rows(texts)).toEqual(given)
  })
})
