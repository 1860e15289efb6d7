import { type AuditHead } from './tables.js'

/**
 * Heads by the place they are of. The same head over and over, as a log that rests gives it, is
 * one.
 */
export class KeptHeads {
  readonly #places = new Map<string, Map<string, AuditHead>>()
  readonly #furthest = new Map<string, number>()

  constructor(heads: readonly AuditHead[]) {
    for (const head of heads) this.#add(head)
  }

  /** Those of one place of a chain. */
  at(organizationId: string | undefined, sequence: number): AuditHead[] {
    return [...this.#places.get(`${organizationId} ${sequence}`)?.values() ?? []]
  }

  /** The furthest place of a chain that there is a head of; 0 for none. */
  furthest(organizationId: string | undefined): number {
    return this.#furthest.get(organizationId ?? '') ?? 0
  }

  #add(head: AuditHead): void {
    const { organizationId, sequence, hash, signedAt, keyId, signature } = head
    const place = `${organizationId} ${sequence}`
    const ofPlace = this.#places.get(place) ?? new Map<string, AuditHead>()
    this.#places.set(place, ofPlace.set(JSON.stringify([hash, signedAt, keyId, signature]), head))
    this.#furthest.set(organizationId, Math.max(sequence, this.furthest(organizationId)))
  }
}
