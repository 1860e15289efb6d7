import { PassThrough } from 'node:stream'
import { text } from 'node:stream/consumers'
import { describe, expect, it } from 'vitest'
import { run } from './program.js'
import { Terminal } from './terminal.js'

/** Runs a command line in this process; only for those that fail before they open anything. */
async function runHere(words: readonly string[]) {
  const [input, output, error] = [new PassThrough(), new PassThrough(), new PassThrough()]
  input.end()
  const code = await run(words, new Terminal({ input, output, error }))
  output.end()
  error.end()
  return { code, stdout: await text(output), stderr: await text(error) }
}

describe('a command line that cannot be understood', () => {
  it.each([
    [['serv'], /unknown command 'serv' \(Did you mean serve\?\)/],
    [['help', 'serv'], /unknown command 'serv' \(Did you mean serve\?\)/],
    [['help', 'nothing'], /unknown command 'nothing' \(see holdfast --help\)/],
    [['migrate', 'upp'], /unknown command 'upp' \(Did you mean up\?\)/],
    [['serve', '--prot', '1'], /unknown option '--prot' \(Did you mean --port\?\)/],
    [['serve', 'now'], /too many arguments/],
    [['org', 'create'], /required option '--name <name>' not specified/],
    [['migrate', 'down'], /needs --steps <n> or --all/],
    [['migrate', 'down', '--steps', '0'], /--steps must be a whole number from 1/],
    [['migrate', 'down', '--steps', '1', '--all'], /exclude each other/],
    [['token', 'create', '--scopes', 'everything'], /--scopes must be .*, not everything/],
    [['token', 'create', '--scopes', ' , '], /--scopes must be/],
    [['token', 'create', '--scopes', '*', '--expires-in-days', '0'], /from 1 to 36500, not 0/],
    [['user', 'update', 'a@b'], /needs --email, --username or --display-name/],
    [['user', 'create', '--email', 'a@b', '--role', 'owner'], /--role needs --organization/],
    [['user', 'create', '--email', 'a@b', '--organization', 'x', '--role', 'king'],
      /--role must be one of owner, admin, member, not king/],
    [['user', 'create', '--email', 'a@b', '--password', 'x', '--password-stdin'],
      /exclude each other/],
    [['user', 'create', '--email', 'a@b', '--password-stdin'], /nothing on standard input/],
    [['worker'], /worker needs --handlers, --workflows or --open-floor/],
    [['worker', '--handlers', 'x', '--concurrency', '0'],
      /--concurrency must be a whole number from 1 to 1000, not 0/],
    [['doctor', '--port', '70000'], /--port must be a whole number from 0 to 65535/],
    [['init-db', '--admin-url', 'mysql://x'], /--admin-url must be postgres:/],
  ])('%j ends with 2 and one line that says why', async (words, message) => {
    const { code, stdout, stderr } = await runHere(words)
    expect([code, stdout]).toEqual([2, ''])
    expect(stderr).toMatch(/^holdfast: .+\n$/)
    expect(stderr).toMatch(message)
  })

  const incomplete = [[[]], [['migrate']], [['token']]]
  it.each(incomplete)('%j prints the help and ends with 2', async (words) => {
    const { code, stdout, stderr } = await runHere(words)
    expect([code, stdout]).toEqual([2, ''])
    expect(stderr).toMatch(/^Usage: holdfast/)
    expect(stderr).not.toContain('holdfast:')
  })
})
