import { conversationIdOf } from './adapters/conversation-id.js'
import { type Holdfast } from './holdfast.js'
import { Imports } from './lifecycle/import/index.js'
import { type Actor } from './scope.js'
import { tables } from './tables.js'

/** Imports into one organization, in the name of an actor. */
export function importsOf(
  holdfast: Holdfast, { organizationId, actor }: {
    readonly organizationId: string
    readonly actor: Actor
  },
): Imports {
  return new Imports({
    clock: holdfast.clock,
    ids: holdfast.ids,
    organizationId,
    actor,
    database: holdfast.database.within([organizationId]).as(),
    tables,
    canSeal: holdfast.secretWorks.isReady,
    conversationIdOf,
    stores: (userId) => holdfast.organization(organizationId, userId === undefined
      ? actor : { ...actor, userId }),
  })
}
