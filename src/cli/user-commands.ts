import { type Command } from 'commander'
import { type Page, type PageRequest } from '../database/page.js'
import { type Holdfast } from '../holdfast.js'
import { type User, UserNotFound } from '../identity/index.js'
import { UsageFailure } from './failure.js'
import { withHoldfast } from './open.js'
import { configured, type DatabaseOptions, withDatabase } from './options.js'
import { type Terminal } from './terminal.js'

/** How a password is given. */
export interface PasswordOptions {
  readonly password?: string
  readonly passwordStdin?: boolean
}

interface NameOptions {
  readonly email?: string
  readonly username?: string
  readonly displayName?: string
}

const who = '<user>'
const visible = 'shown to other users of this machine while the command runs'

/** Adds what is done with users that there are: `user list`, `disable`, `enable`, … */
export function addUserCommands(user: Command, terminal: Terminal): void {
  withDatabase(user.command('list'))
    .description('list all users, newest first')
    .action((options: DatabaseOptions) => listUsers(options, terminal))
  const add = (name: string, description: string, act: Act) =>
    withDatabase(user.command(name))
      .description(description)
      .argument(who, 'id, e-mail address or user name')
      .action((named: string, options: DatabaseOptions) =>
        change(named, options, { terminal, act }))
  add('disable', 'let a user log in no more; all sessions end', async ({ identity }, { id }) => {
    await identity.disableUser(id)
    return 'disabled'
  })
  add('enable', 'let a user log in again', async ({ identity }, { id }) => {
    await identity.enableUser(id)
    return 'enabled'
  })
  add('delete', 'delete a user; what the user made stays', async ({ identity }, { id }) => {
    await identity.deleteUser(id)
    return 'deleted'
  })
  withDatabase(user.command('update'))
    .description('give a user another e-mail address or other names')
    .argument(who, 'id, e-mail address or user name')
    .option('--email <address>', 'the address to log in with')
    .option('--username <name>', 'a second name to log in with; empty for none')
    .option('--display-name <name>', 'as others see it; empty for none')
    .action((named: string, options: DatabaseOptions & NameOptions) =>
      update(named, options, terminal))
  withDatabase(user.command('set-password'))
    .description('give a user another password; all sessions end')
    .argument(who, 'id, e-mail address or user name')
    .option('--password <password>', visible)
    .option('--password-stdin', 'read the password from standard input')
    .action((named: string, options: DatabaseOptions & PasswordOptions) =>
      setPassword(named, options, terminal))
}

/** The password that was given, if any. Throws UsageFailure. */
export async function passwordOf(
  { password, passwordStdin }: PasswordOptions,
  terminal: Terminal,
): Promise<string | undefined> {
  if (passwordStdin !== true) return password
  if (password !== undefined) {
    throw new UsageFailure('--password and --password-stdin exclude each other')
  }
  const read = await terminal.readInput()
  if (read !== '') return read
  throw new UsageFailure('--password-stdin found nothing on standard input')
}

/** Does something to a user and says what became of them. */
type Act = (holdfast: Holdfast, user: User) => Promise<string>

async function change(
  named: string,
  options: DatabaseOptions,
  { terminal, act }: { readonly terminal: Terminal; readonly act: Act },
): Promise<void> {
  const { settings } = configured(options, terminal)
  const { user, done } = await withHoldfast(settings, terminal, async (holdfast) => {
    const found = await holdfast.identity.findUser(named)
    if (found === undefined) throw new UserNotFound(`There is no user ${named}.`)
    return { user: found, done: await act(holdfast, found) }
  })
  if (options.json === true) {
    return terminal.print(JSON.stringify({ id: user.id, email: user.email, [done]: true }))
  }
  terminal.print(`${done} the user ${user.email} (${user.id})`)
}

async function update(
  named: string,
  { email, username, displayName, ...options }: DatabaseOptions & NameOptions,
  terminal: Terminal,
): Promise<void> {
  const changes = {
    ...(email === undefined ? {} : { email }),
    ...(username === undefined ? {} : { username: username === '' ? null : username }),
    ...(displayName === undefined ? {} : { displayName: displayName === '' ? null : displayName }),
  }
  if (Object.keys(changes).length === 0) {
    throw new UsageFailure('user update needs --email, --username or --display-name')
  }
  const { settings } = configured(options, terminal)
  const user = await withHoldfast(settings, terminal, async ({ identity }) => {
    const found = await identity.findUser(named)
    if (found === undefined) throw new UserNotFound(`There is no user ${named}.`)
    return identity.updateUser(found.id, changes)
  })
  terminal.print(options.json === true ? JSON.stringify(told(user)) : lineOf(user))
}

async function setPassword(
  named: string,
  options: DatabaseOptions & PasswordOptions,
  terminal: Terminal,
): Promise<void> {
  const password = await passwordOf(options, terminal)
  if (password === undefined) {
    throw new UsageFailure('user set-password needs --password or --password-stdin')
  }
  await change(named, options, {
    terminal,
    async act({ identity }, { id }) {
      await identity.setPassword(id, password)
      return 'password_set'
    },
  })
}

async function listUsers(options: DatabaseOptions, terminal: Terminal): Promise<void> {
  const { settings } = configured(options, terminal)
  await withHoldfast(settings, terminal, async ({ identity }) => {
    for await (const user of each((page) => identity.listUsers(page))) {
      terminal.print(options.json === true ? JSON.stringify(told(user)) : lineOf(user))
    }
  })
}

async function* each(list: (page: PageRequest) => Promise<Page<User>>): AsyncGenerator<User> {
  for (let cursor: string | undefined; ;) {
    const page = await list({ limit: 200, ...(cursor === undefined ? {} : { cursor }) })
    yield* page.data
    if (page.nextCursor === null) return
    cursor = page.nextCursor
  }
}

const told = ({ id, email, username, displayName, active, createdAt, lastLoginAt }: User) => ({
  id, email, username, display_name: displayName, active, created_at: createdAt,
  last_login_at: lastLoginAt,
})

function lineOf({ id, email, username, active, lastLoginAt }: User): string {
  const names = username === null ? email : `${email} (${username})`
  const standing = active ? '' : ', disabled'
  return `${id}  ${names}, last login ${lastLoginAt ?? 'never'}${standing}`
}
