import { z } from 'zod'
import { type RawRoute, rawRoute } from '../http/raw.js'
import { csvHead, csvLine, type ExportLine, jsonLine } from './export.js'
import { type AuditContext } from './routes.js'

const define = rawRoute<AuditContext>()

/** Characters that are sent at once. */
const pieceLength = 65_536

const types = { jsonl: 'application/jsonl', csv: 'text/csv; charset=utf-8' }

/** The whole log, to be kept or checked without a server. */
export const rawAuditRoutes: readonly RawRoute<AuditContext>[] = [
  define({
    operationId: 'exportAuditEvents',
    method: 'GET',
    path: '/v1/audit-events/export',
    tag: 'Audit',
    summary: 'The whole log, oldest first, as its offline check reads it, or as CSV',
    action: 'audit:read',
    scope: 'organization',
    input: {
      query: z.strictObject({
        format: z.enum(['jsonl', 'csv']).default('jsonl')
          .describe('`jsonl`: entries, tombstones, at the end a head; `csv`: entries alone.'),
      }),
    },
    answers: { 200: { description: 'The log', content: 'application/jsonl' } },
    errors: [],
    idempotency: 'none',
    async handle({ audit }, { query: { format } }) {
      const lines = audit.export()
      // What fails at once is told as a problem, not as a broken answer.
      const first = await lines.next()
      return {
        status: 200,
        headers: {
          'content-type': types[format], 'cache-control': 'no-store',
          'content-disposition': `attachment; filename="audit.${format}"`,
        },
        body: piecesOf(textOf(first, lines, format)),
      }
    },
  }),
]

async function* textOf(
  first: IteratorResult<ExportLine, void>,
  rest: AsyncGenerator<ExportLine, void, undefined>,
  format: 'jsonl' | 'csv',
): AsyncGenerator<string, void, undefined> {
  try {
    if (format === 'csv') yield `${csvHead}\n`
    for (let next = first; next.done !== true; next = await rest.next()) {
      const text = format === 'csv' ? csvLine(next.value) : jsonLine(next.value)
      if (text !== undefined) yield `${text}\n`
    }
  } finally {
    await rest.return()
  }
}

/** Lines joined to pieces that are worth a write of their own. */
async function* piecesOf(lines: AsyncIterable<string>): AsyncGenerator<string, void, undefined> {
  let piece = ''
  for await (const line of lines) {
    piece += line
    if (piece.length < pieceLength) continue
    yield piece
    piece = ''
  }
  if (piece !== '') yield piece
}
