import { isDeepStrictEqual } from 'node:util'
import {
  type CheckpointName, type CheckpointTransport, type GetCheckpoint, type ListCheckpoints,
  type PendingWrite, type PutCheckpoint, type PutWrites, type StoredCheckpoint,
} from '../../checkpoints/contract.js'

type Row = StoredCheckpoint
const key = (n: { threadId: string; namespace?: string | undefined; checkpointId: string }) =>
  JSON.stringify([n.threadId, n.namespace ?? '', n.checkpointId])

export class MemoryTransport implements CheckpointTransport {
  rows = new Map<string, Row>()
  writes = new Map<string, PendingWrite[]>()
  fences = new Map<string, number>()
  #n = 0

  #fence(threadId: string, fence: number | undefined) {
    if (fence === undefined) return
    if (fence < (this.fences.get(threadId) ?? -Infinity)) throw new Error('stale_fence')
    this.fences.set(threadId, fence)
  }
  #head(threadId: string, namespace: string) {
    return [...this.rows.values()]
      .filter((r) => r.threadId === threadId && r.namespace === namespace)
      .sort((a, b) => (a.checkpointId < b.checkpointId ? 1 : -1))[0]
  }
  async put(c: PutCheckpoint) {
    this.#fence(c.threadId, c.fence)
    const namespace = c.namespace ?? ''
    const head = this.#head(c.threadId, namespace)
    const parentId = c.parentId ?? null
    if (c.whenStale !== 'fork' && head?.checkpointId !== c.checkpointId
      && (head?.checkpointId ?? null) !== parentId) {
      const error = new Error(`conflict: ${head?.checkpointId} is not ${parentId}`)
      throw Object.assign(error, { code: 'checkpoint_conflict' })
    }
    const parent = parentId === null ? undefined
      : this.rows.get(key({ threadId: c.threadId, namespace, checkpointId: parentId }))
    const values = Object.fromEntries(Object.keys(c.channelVersions).flatMap((channel) => {
      const value = c.values[channel] ?? parent?.values[channel]
      return value ? [[channel, value]] : []
    }))
    const name = { threadId: c.threadId, namespace, checkpointId: c.checkpointId }
    this.rows.set(key(name), {
      ...name, parentId, runId: c.runId ?? null, state: c.state,
      metadata: structuredClone(c.metadata ?? {}),
      channelVersions: c.channelVersions, values, writes: [], isPinned: false,
      createdAt: new Date(Date.now() + this.#n++).toISOString(),
    })
    for (const w of c.writes ?? []) await this.putWrites({ ...name, ...w })
    return { checkpointId: c.checkpointId }
  }
  async putWrites(w: PutWrites) {
    this.#fence(w.threadId, w.fence)
    const list = this.writes.get(key(w)) ?? []
    for (const write of w.writes) {
      const at = list.findIndex((e) => e.taskId === w.taskId && e.index === write.index)
      if (at === -1) list.push({ taskId: w.taskId, ...write })
      else if (w.whenWritten === 'replace') list[at] = { taskId: w.taskId, ...write }
    }
    this.writes.set(key(w), list)
  }
  #full(row: Row, withParent?: boolean): StoredCheckpoint {
    const of = (id: string) => this.writes.get(key({ ...row, checkpointId: id })) ?? []
    return {
      ...row, writes: of(row.checkpointId),
      ...(withParent ? { parentWrites: row.parentId ? of(row.parentId) : [] } : {}),
    }
  }
  async find(n: GetCheckpoint) {
    const row = n.checkpointId === undefined ? this.#head(n.threadId, n.namespace ?? '')
      : this.rows.get(key({ ...n, checkpointId: n.checkpointId }))
    return row && this.#full(row, n.withParentWrites)
  }
  async* list(r: ListCheckpoints = {}) {
    const found = [...this.rows.values()].filter((c) => (
      (r.threadId === undefined || c.threadId === r.threadId)
      && (r.namespace === undefined || c.namespace === r.namespace)
      && (r.checkpointId === undefined || c.checkpointId === r.checkpointId)
      && (r.before === undefined || c.checkpointId < r.before)
      && Object.entries(r.metadata ?? {}).every(([k, v]) => isDeepStrictEqual(c.metadata[k], v))))
    found.sort((a, b) => (a.checkpointId < b.checkpointId ? 1 : -1))
    for (const row of found.slice(0, r.limit)) yield this.#full(row, r.withParentWrites)
  }
  async* ancestors(n: CheckpointName, o: { channels?: readonly string[] | undefined } = {}) {
    let id = this.rows.get(key(n))?.parentId
    while (id) {
      const row = this.rows.get(key({ ...n, checkpointId: id }))
      if (!row) return
      const wanted = (c: string) => o.channels?.includes(c) ?? true
      const full = this.#full(row)
      yield {
        ...full,
        values: Object.fromEntries(Object.entries(full.values).filter(([c]) => wanted(c))),
        writes: full.writes.filter((w) => wanted(w.channel)),
      }
      id = row.parentId
    }
  }
  async deleteThread(threadId: string) {
    for (const map of [this.rows, this.writes]) {
      for (const k of map.keys()) if (JSON.parse(k)[0] === threadId) map.delete(k)
    }
    this.fences.delete(threadId)
  }
  async copyThread(from: string, to: string) {
    for (const [k, row] of [...this.rows]) {
      if (row.threadId !== from) continue
      this.rows.set(key({ ...row, threadId: to }), { ...row, threadId: to })
      const w = this.writes.get(k)
      if (w) this.writes.set(key({ ...row, threadId: to }), structuredClone(w))
    }
  }
  async deleteRuns(ids: readonly string[]) {
    for (const [k, row] of [...this.rows]) {
      if (row.runId === null || !ids.includes(row.runId)) continue
      this.rows.delete(k)
      this.writes.delete(k)
    }
  }
  async prune(r: { threadIds?: readonly string[]; keepLast?: number; keepSince?: string }) {
    const per = new Map<string, Row[]>()
    for (const row of this.rows.values()) {
      if (r.threadIds && !r.threadIds.includes(row.threadId)) continue
      const k = JSON.stringify([row.threadId, row.namespace])
      per.set(k, [...per.get(k) ?? [], row])
    }
    let deleted = 0
    for (const rows of per.values()) {
      rows.sort((a, b) => (a.checkpointId < b.checkpointId ? 1 : -1))
      const keep = r.keepLast ?? (r.keepSince ? 0 : 1)
      rows.forEach((row, i) => {
        if (i === 0 || i < keep || (r.keepSince && row.createdAt >= r.keepSince)) return
        this.rows.delete(key(row))
        this.writes.delete(key(row))
        deleted += 1
      })
    }
    return { deleted }
  }
}
