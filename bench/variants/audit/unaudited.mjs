/** What `conversations.create` would be without an audit log: the same insert, prepared. */
export async function create({ holdfast, dist }) {
  const { prepare } = await import(`${dist}/database/database.js`)
  const { encodeRow } = await import(`${dist}/database/table.js`)
  const { conversations } = await import(`${dist}/conversations/tables.js`)
  const { unchanged } = await import(`${dist}/conversations/changes.js`)
  const { instantOf } = await import(`${dist}/clock.js`)
  const { database, clock, ids } = holdfast
  const insert = prepare('conversation_unaudited', (slot) => database.write
    .insertInto('conversations')
    .values(Object.fromEntries(conversations.columnNames.map((name) => [name, slot(name)]))))
  return async (organizationId) => {
    const now = instantOf(clock.now())
    await database.execute(insert(encodeRow(conversations, {
      organizationId, id: ids.next(), userId: null, title: 'A conversation of the bench',
      metadata: {}, messageCount: 0, revision: 1, createdAt: now, updatedAt: now, archivedAt: null,
      branchCount: 1, activeLeafId: null, previousLeafId: null, activeBranch: 0, activeDepth: 0,
      forkedFromConversationId: null, forkedFromMessageId: null, activeStream: null,
      ...unchanged,
    })))
  }
}
