import { z } from 'zod'
import { stringifyJson } from '../../database/json.js'
import { InvalidInput } from '../../errors.js'
import { type RawRoute, rawRoute } from '../../http/raw.js'
import { type Route, route } from '../../http/route.js'
import { idSchema, named } from '../../http/schema.js'
import { LastOwner } from '../../identity/index.js'
import { type PersonalLine } from './export.js'
import { type ErasureReport } from './parts.js'
import { type PersonalData } from './personal-data.js'

/** What these endpoints need. */
export interface PersonalDataContext {
  readonly personalData: PersonalData
}

const tag = 'Users'
const scope = 'installation'
const params = z.strictObject({ user_id: idSchema('The user, or one whose account is gone.') })

const reportSchema = named('ErasureReport', z.object({
  user_id: z.string(),
  had_account: z.boolean().describe('False when the account had been deleted before.'),
  erased: z.record(z.string(), z.int()).describe('Rows erased, by table.'),
  kept: z.record(z.string(), z.string())
    .describe('What stays that names the person by id, and why, by table.'),
  unscrubbed: z.array(z.string())
    .describe('Tables whose deleted rows may lie in files until their space is used again.'),
}))

const presentReport = (report: ErasureReport) => ({
  user_id: report.userId,
  had_account: report.hadAccount,
  erased: report.erased,
  kept: report.kept,
  unscrubbed: [...report.unscrubbed],
})

/** Erase everything of one person. */
export const personalDataRoutes: readonly Route<PersonalDataContext>[] = [
  route<PersonalDataContext>()({
    operationId: 'eraseUser',
    method: 'POST',
    path: '/v1/users/{user_id}/erasure',
    tag,
    summary: 'Erase everything of one person in all organizations; repeat it when it was cut off',
    action: 'users:erase',
    scope,
    input: {
      params,
      body: z.strictObject({
        confirm: z.string().describe('The id of the user once more.'),
        scrub: z.boolean().optional()
          .describe('Take deleted bytes out of the files as well; writers wait. Default true.'),
      }),
    },
    status: 200,
    output: reportSchema,
    errors: [LastOwner],
    // Done twice it does no harm, and it is too long for one transaction.
    idempotency: 'own',
    async handle({ personalData }, { params: { user_id: id }, body: { confirm, ...options } }) {
      if (confirm.toLowerCase() !== id.toLowerCase()) {
        throw new InvalidInput('confirm must be the id of the user', { field: 'confirm' })
      }
      return presentReport(await personalData.erase(id, options))
    },
  }),
]

/** Everything of one person, as lines. */
export const rawPersonalDataRoutes: readonly RawRoute<PersonalDataContext>[] = [
  rawRoute<PersonalDataContext>()({
    operationId: 'exportUser',
    method: 'GET',
    path: '/v1/users/{user_id}/export',
    tag,
    summary: 'Everything of one person in all organizations, as JSON lines',
    action: 'users:erase',
    scope,
    input: { params },
    answers: { 200: { description: 'A row a line', content: 'application/jsonl' } },
    errors: [],
    idempotency: 'none',
    async handle({ personalData }, { params: { user_id: id } }) {
      const lines = personalData.export(id)
      const first = await lines.next()
      return {
        status: 200,
        headers: {
          'content-type': 'application/jsonl', 'cache-control': 'no-store',
          'content-disposition': 'attachment; filename="person.jsonl"',
        },
        body: textOf(first, lines),
      }
    },
  }),
]

async function* textOf(
  first: IteratorResult<PersonalLine, void>,
  rest: AsyncGenerator<PersonalLine, void, undefined>,
): AsyncGenerator<string, void, undefined> {
  try {
    for (let next = first; next.done !== true; next = await rest.next()) {
      yield `${stringifyJson(next.value)}\n`
    }
  } finally {
    await rest.return()
  }
}
