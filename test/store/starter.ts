/** A process that brings a database to the newest form, and says so. */
import { startDatabase, type DatabaseLocation } from '../../src/store/database.ts';

const location = JSON.parse(process.argv[2] ?? '') as DatabaseLocation;
const started = await startDatabase(location, (progress) => {
  process.stdout.write(JSON.stringify(progress));
});
await started.ready;
process.stdout.write('started');
await started.close();
