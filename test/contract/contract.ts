/**
 * The suite that is derived from a declaration: whoever writes a provider is held to what it declares, through the HTTP
 * door, against a sandbox that imports nothing of the adapter.
 */
import { afterAll, beforeAll, describe } from 'vitest';
import type { SandboxModule } from '../../src/sandbox.ts';
import { openHouse } from '../support/house.ts';
import { accessTests } from './access.ts';
import { batchTests } from './batch.ts';
import { changeTests } from './changes.ts';
import { errorTests } from './errors.ts';
import { fieldTests } from './fields.ts';
import { goldenTests } from './goldens.ts';
import { listTests } from './lists.ts';
import { operationTests } from './operations.ts';
import { lossTests } from './losses.ts';
import { readErrorTests } from './read-errors.ts';
import { roundTripTests } from './round-trip.ts';
import { sequenceTests } from './sequences.ts';
import { stateTests } from './states.ts';
import type { Stage } from './stage.ts';
import { timeTests } from './time.ts';
import { typeTests } from './types.ts';

/** A provider as the suite needs to know it before it is opened: a read-only one has no tests of creating. */
export interface Subject {
  readonly name: string;
  readonly creates: boolean;
}

export interface World {
  readonly world: string;
  readonly switches: Readonly<Record<string, string>>;
}

/** A world in which some call always fails: there, nothing may be lost untold. */
const FAILS = 'fails';

/** The default world, and the one in which every switch has its second value, as long as everything can still succeed. */
export function twoWorlds({ worlds }: SandboxModule): readonly World[] {
  const second = Object.fromEntries(
    Object.entries(worlds).flatMap(([name, [, value]]) => (value === FAILS ? [] : [[name, value]])),
  );
  return [
    { world: 'default', switches: {} },
    { world: 'other', switches: second },
  ];
}

/** Every world that differs from the default in one switch. */
export function everyWorld({ worlds }: SandboxModule): readonly World[] {
  return Object.entries(worlds).flatMap(([name, [, ...values]]) =>
    values
      .filter((value) => value !== FAILS)
      .map((value) => ({ world: `${name}=${value}`, switches: { [name]: value } })),
  );
}

/** The worlds in which some call always fails. */
export function failingWorlds({ worlds }: SandboxModule): readonly World[] {
  return Object.entries(worlds).flatMap(([name, values]) =>
    values.includes(FAILS) ? [{ world: `${name}=${FAILS}`, switches: { [name]: FAILS } }] : [],
  );
}

/** In a world where some call always fails, every create either succeeds or lists what it left behind. */
export function describeFailing({ name }: Subject, { world, switches }: World): void {
  describe(`${name} in the ${world} world`, () => {
    const stage = useStage(name, switches);
    lossTests(stage);
  });
}

/** Registers the suite for one provider in one world. Goldens are typed for the default world. */
export function describeProvider({ name, creates }: Subject, { world, switches }: World): void {
  describe(`${name} in the ${world} world`, () => {
    const stage = useStage(name, switches);
    listTests(stage);
    operationTests(stage);
    if (!creates) {
      if (world === 'default') readErrorTests(stage, name);
      return;
    }
    sequenceTests(stage);
    roundTripTests(stage);
    changeTests(stage);
    batchTests(stage);
    typeTests(stage);
    fieldTests(stage);
    timeTests(stage);
    stateTests(stage);
    accessTests(stage);
    if (world !== 'default') return;
    errorTests(stage, name);
    goldenTests(stage, name);
  });
}

function useStage(name: string, switches: World['switches']): () => Stage {
  let staged: Stage | undefined;
  beforeAll(async () => {
    const house = await openHouse({ worlds: { [name]: switches } });
    await house.connect(name);
    const provider = house.registry.get(name) ?? notYet();
    staged = { name, house, provider, sandbox: house.sandbox(name) };
  });
  afterAll(async () => {
    await staged?.house.close();
    // The runner keeps this function until the last world; what it has seen is too much to keep with it.
    staged = undefined;
  });
  return () => staged ?? notYet();
}

function notYet(): never {
  throw new Error('The stage is set before the tests run.');
}
