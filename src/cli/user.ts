import { type Command } from 'commander'
import { type Role } from '../identity/index.js'
import { UsageFailure } from './failure.js'
import { withHoldfast } from './open.js'
import { addPersonalData } from './personal-data.js'
import { configured, type DatabaseOptions, withDatabase } from './options.js'
import { type Terminal } from './terminal.js'
import { addUserCommands, passwordOf } from './user-commands.js'

interface UserOptions extends DatabaseOptions {
  readonly email: string
  readonly username?: string
  readonly displayName?: string
  readonly password?: string
  readonly passwordStdin?: boolean
  readonly organization?: string
  readonly role?: string
  readonly personalOrganization: boolean
}

const roles: readonly Role[] = ['owner', 'admin', 'member']

/** Adds `user create`. */
export function addUser(program: Command, terminal: Terminal): void {
  const user = program.command('user').description('manage the people who may log in')
  withDatabase(user.command('create'))
    .description('create a user, with an organization of the user’s own')
    .requiredOption('--email <address>', 'the e-mail address to log in with')
    .option('--username <name>', 'a second name to log in with')
    .option('--display-name <name>', 'how the user is called')
    .option('--password <password>', 'shown to other users of this machine while the command runs')
    .option('--password-stdin', 'read the password from standard input')
    .option('--organization <id or slug>', 'make the user a member of it')
    .option('--role <role>', 'owner, admin or member (default: member)')
    .option('--no-personal-organization', 'make no organization for this user alone')
    .action((options: UserOptions) => createUser(options, terminal))
  addUserCommands(user, terminal)
  addPersonalData(user, terminal)
}

async function createUser(options: UserOptions, terminal: Terminal): Promise<void> {
  const role = roleOf(options)
  const password = await passwordOf(options, terminal)
  const { settings } = configured(options, terminal)
  const { email, username, displayName, organization } = options
  const opening = { ...settings, makesSchema: true }
  const user = await withHoldfast(opening, terminal, (holdfast) =>
    holdfast.transaction(async ({ identity, organizations }) => {
      const home = organization === undefined
        ? undefined
        : await organizations.get(organization)
      const created = await identity.createUser({
        email,
        username: username ?? null,
        displayName: displayName ?? null,
        ...(password === undefined ? {} : { password }),
      })
      if (options.personalOrganization) await organizations.createPersonal(created)
      if (home !== undefined) {
        await organizations.addMember({ organizationId: home.id, userId: created.id }, role)
      }
      return created
    }))
  if (password === undefined) terminal.say('holdfast: without a password this user cannot log in')
  if (options.json === true) {
    return terminal.print(JSON.stringify({ id: user.id, email: user.email }))
  }
  terminal.print(`created the user ${user.email} (${user.id})`)
}

function roleOf({ role, organization }: UserOptions): Role {
  if (role === undefined) return 'member'
  if (organization === undefined) throw new UsageFailure('--role needs --organization')
  const found = roles.find((each) => each === role)
  if (found !== undefined) return found
  throw new UsageFailure(`--role must be one of ${roles.join(', ')}, not ${role}`)
}
