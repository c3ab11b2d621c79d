import { faultSuite } from './suite.ts';

faultSuite('a sample of the faults', (_fault, cell) => cell % 11 === 0);
