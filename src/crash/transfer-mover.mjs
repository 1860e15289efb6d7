// Runs one step of a transfer, saying how far it is, until it ends or is killed.
const [library, from, to, step] = process.argv.slice(2)
const { transferOf } = await import(library)
const say = (line) => process.stdout.write(`${line}\n`)
const transfer = transferOf({
  from, to,
  onEvent: (event) => say(event.type === 'rows' ? `rows ${event.done}` : event.type),
})
await (step === 'copy' ? transfer.copy({ live: true, batchRows: 20 }) : transfer[step]())
say('ended')
