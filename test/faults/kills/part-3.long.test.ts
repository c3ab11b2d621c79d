import { allKills } from './kills.ts';

allKills(3);
