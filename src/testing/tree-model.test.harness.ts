/** A message as the model has it. */
export interface ModelMessage {
  readonly name: number
  readonly conversation: number
  readonly parent: ModelMessage | null
  deleted: boolean
}

/** A conversation as the model has it. */
export interface ModelConversation {
  readonly name: number
  /** The last message shared with the conversation it left. */
  readonly base: ModelMessage | null
  active: ModelMessage | null
}

/** Plain objects that say what a tree of messages must look like. */
export class TreeModel {
  readonly conversations: ModelConversation[] = []
  readonly messages: ModelMessage[] = []

  begin(base: ModelMessage | null): ModelConversation {
    const begun = { name: this.conversations.length, base, active: base }
    this.conversations.push(begun)
    return begun
  }

  append(conversation: ModelConversation, parent: ModelMessage | null): ModelMessage {
    const name = this.messages.length
    const message = { name, conversation: conversation.name, parent, deleted: false }
    this.messages.push(message)
    conversation.active = message
    return message
  }

  delete(message: ModelMessage): void {
    message.deleted = true
    for (const conversation of this.conversations) {
      if (conversation.active !== message) continue
      conversation.active = this.pathOf(message).find(({ deleted }) => !deleted) ?? null
    }
  }

  /** The conversation's own messages, in order of arrival. */
  ownOf({ name }: ModelConversation): ModelMessage[] {
    return this.messages.filter(({ conversation }) => conversation === name)
  }

  /** Whether a conversation can name the message: its own, or of the history it shares. */
  knows(conversation: ModelConversation, message: ModelMessage): boolean {
    if (message.deleted) return false
    if (message.conversation === conversation.name) return true
    return this.pathOf(conversation.base).includes(message)
  }

  /** From a message to its root. */
  pathOf(leaf: ModelMessage | null): ModelMessage[] {
    const path: ModelMessage[] = []
    for (let next = leaf; next !== null; next = next.parent) path.push(next)
    return path
  }

  childrenOf(conversation: ModelConversation, parent: ModelMessage | null): ModelMessage[] {
    return this.ownOf(conversation)
      .filter((each) => each.parent === parent && !each.deleted)
  }

  /** The newest of the conversation's own messages beneath a message, or the message itself. */
  newestBeneath(
    conversation: ModelConversation,
    top: ModelMessage | null,
  ): ModelMessage | null {
    const beneath = this.ownOf(conversation)
      .filter((each) => !each.deleted && (top === null || this.pathOf(each).includes(top)))
    return beneath.at(-1) ?? top
  }
}
