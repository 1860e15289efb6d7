import { rootBranch } from './tree-place.js'

/** A branch of the tree that a file holds. */
export interface OpenedBranch {
  readonly branch: number
  readonly parentBranch: number
  readonly parentDepth: number
}

/** Where a message stands, and the branch that it begins. */
export interface PlacedMessage {
  readonly branch: number
  readonly depth: number
  readonly opened: OpenedBranch | undefined
}

interface Known {
  readonly branch: number
  readonly depth: number
  readonly isErased: boolean
  isTip: boolean
}

/** Gives the messages of a file their branches: as if they were appended one after the other. */
export class TransferTree {
  readonly #known = new Map<string, Known>()
  #branches = 1

  /** Branches begun so far, the first one included. */
  get branchCount(): number {
    return this.#branches
  }

  has(id: string): boolean {
    return this.#known.has(id)
  }

  /** Places a message whose parent, if it has one, was placed before. */
  place(id: string, parentId: string | null, isErased: boolean): PlacedMessage {
    const above = parentId === null ? this.#root() : this.#after(this.#known.get(parentId)!)
    const placed = { ...above, depth: above.depth + 1 }
    if (parentId !== null) this.#known.get(parentId)!.isTip = false
    const { branch, depth } = placed
    this.#known.set(id, { branch, depth, isErased, isTip: true })
    return placed
  }

  /** Where the next message goes when it follows this one; undefined for one that is not living. */
  follow(id: string | null): PlacedMessage | undefined {
    if (id === null) return this.#root()
    const known = this.#known.get(id)
    return known === undefined || known.isErased ? undefined : this.#after(known)
  }

  /** Before a root: the first one begins the first branch. */
  #root(): PlacedMessage {
    if (this.#known.size > 0) return this.#open(rootBranch, 0)
    return { branch: 0, depth: 0, opened: undefined }
  }

  /** The first to follow a message goes on with its branch. */
  #after({ branch, depth, isTip }: Known): PlacedMessage {
    return isTip ? { branch, depth, opened: undefined } : this.#open(branch, depth)
  }

  #open(parentBranch: number, parentDepth: number): PlacedMessage {
    const branch = this.#branches
    this.#branches += 1
    return { branch, depth: parentDepth, opened: { branch, parentBranch, parentDepth } }
  }
}
