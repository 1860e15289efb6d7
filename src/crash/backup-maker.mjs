// Makes or restores a backup, saying how far it is, until it ends or is killed.
const [library, database, directory, step, name] = process.argv.slice(2)
const { backupsOf } = await import(library)
const say = (line) => process.stdout.write(`${line}\n`)
const backups = backupsOf({
  database, directory,
  onEvent: (event) => say(event.type === 'phase' ? event.phase : event.type),
})
if (step === 'restore') await backups.restore(name, { replace: true })
else say(`made ${JSON.stringify((await backups.create()).manifest)}`)
say('ended')
