/** The library: every conversation is told of in the audit log. */
export const create = ({ holdfast }) => {
  const actor = { id: 'user:bench', requestId: 'bench', ipAddress: '127.0.0.1', userAgent: 'bench' }
  const stores = new Map()
  return (organizationId) => {
    const store = stores.get(organizationId)
      ?? holdfast.organization(organizationId, actor).conversations
    stores.set(organizationId, store)
    return store.create({ title: 'A conversation of the bench' })
  }
}
