import { writeFileSync } from 'node:fs'
import { type Command } from 'commander'
import { CommandFailure } from './failure.js'
import { withJson } from './options.js'
import { type Terminal } from './terminal.js'

/** Adds `openapi`. */
export function addOpenApi(program: Command, terminal: Terminal): void {
  withJson(program.command('openapi'))
    .description('print the OpenAPI 3.1 document of the HTTP API')
    .option('--out <file>', 'write it to a file instead')
    .action(async ({ out }: { readonly out?: string }) => {
      const { openApiDocument } = await import('../server/index.js')
      const document = `${JSON.stringify(openApiDocument(), null, 2)}\n`
      if (out === undefined) terminal.write(document)
      else writeDocument(out, document)
    })
}

function writeDocument(path: string, document: string): void {
  try {
    writeFileSync(path, document)
  } catch (cause) {
    const sentence = `The document cannot be written (${(cause as Error).message}).`
    throw new CommandFailure(sentence, { code: 'file_not_written', cause })
  }
}
