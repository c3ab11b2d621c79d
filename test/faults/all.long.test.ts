import { faultSuite } from './suite.ts';

faultSuite('all faults', () => true);
