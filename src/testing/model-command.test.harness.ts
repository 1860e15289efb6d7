import type fc from 'fast-check'

/** What a command does to the model and to what is under test; it throws when they part. */
export type ModelStep<Model, World> = (model: Model, world: World) => Promise<void>

/** Counts the commands that ran, over all runs of a property. */
export interface Counted {
  readonly counted: { commands: number }
}

/** A command that may always run, under a label that shows what it was given. */
export class ModelCommand<Model extends object, World extends Counted>
implements fc.AsyncCommand<Model, World> {
  readonly #label: string
  readonly #step: ModelStep<Model, World>

  constructor(label: string, step: ModelStep<Model, World>) {
    this.#label = label
    this.#step = step
  }

  check = () => true

  async run(model: Model, world: World): Promise<void> {
    world.counted.commands += 1
    await this.#step(model, world)
  }

  toString = () => this.#label
}

/** Makes the commands of one name out of what each is given. */
export function commandOf<T, Model extends object, World extends Counted>(
  name: string,
  given: fc.Arbitrary<T>,
  step: (given: T) => ModelStep<Model, World>,
): fc.Arbitrary<ModelCommand<Model, World>> {
  return given.map((value) => new ModelCommand(`${name}(${JSON.stringify(value)})`, step(value)))
}
