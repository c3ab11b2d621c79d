/** Twice of what can be served is offered: what is served then, and how the rest is told. */
import { CUSTOMERS, STEPGATE, STEPGATE_ASKED } from '../contenders.ts';
import { median, spread, table } from '../figures.ts';
import { sample, TURN_SECONDS, warm, type Sample } from '../measure.ts';
import type { Scene } from './scene.ts';

const FULL = 256;
const MAX_CONNECTIONS = 4000;
/** The peak is taken anew before each turn: offered is twice of what the machine can do now. */
const OFFERED_SECONDS = 2 * TURN_SECONDS;
/** There are more connections than customers. */
const ASKED = {
  ...STEPGATE_ASKED,
  turns: CUSTOMERS,
  headers: { ...STEPGATE_ASKED.headers, 'x-customer-id': 'customer-{t}' },
};
/** The refusals of an overloaded gateway, in milliseconds. */
const TOLD_WITHIN = 50;

export const overload: Scene = async (bench) => {
  const peaks: Sample[] = [];
  const offered: (Sample & { readonly rate: number })[] = [];
  for (let round = 0; round < bench.settings.rounds; round += 1) {
    const running = await STEPGATE.start(bench.upstream.url);
    try {
      await warm(bench, [running], ASKED);
      for (let spent = 0; spent < 2 * bench.settings.seconds; spent += OFFERED_SECONDS) {
        const peak = await sample(bench, [running], { ...ASKED, connections: FULL, seconds: TURN_SECONDS });
        const rate = Math.round(2 * peak.perSecond);
        const order = { ...ASKED, connections: MAX_CONNECTIONS, seconds: OFFERED_SECONDS, perSecond: rate };
        peaks.push(peak);
        offered.push({ ...(await sample(bench, [running], order)), rate });
      }
    } finally {
      await running.stop();
    }
  }
  const kept = offered.map(({ perSecond }, index) => perSecond / (peaks[index]?.perSecond ?? NaN));
  const refusals = offered.map(({ heard }) => heard.refused);
  const isTold = offered.every(({ heard }) => heard.refused.count > 0 && heard.retryAfter === heard.refused.count);
  const quickly = refusals.map(({ p99 }) => p99 / 1000);
  const rows = offered.map(({ rate, perSecond, heard }, index) => [
    String(Math.round(peaks[index]?.perSecond ?? NaN)),
    String(rate),
    String(Math.round(perSecond)),
    String(heard.refused.count),
    String(heard.retryAfter),
    String(heard.unsent),
    `${Math.round(heard.good.p99 / 1000)}`,
    JSON.stringify(heard.statuses).replaceAll('"', ''),
  ]);
  const head = [
    'peak',
    'offered',
    'served/s',
    'refused',
    'with Retry-After',
    'not sent, no connection free',
    'p99 ms of what was served',
    'statuses',
  ];
  return {
    title: 'Twice the capacity offered',
    figures: [
      {
        what: 'served, of the peak, at twice the capacity',
        target: 'at least 0.9',
        measured: spread(kept),
        isMet: median(kept) >= 0.9,
      },
      {
        what: 'p99 of a refusal then',
        target: `at most ${TOLD_WITHIN} ms, each with Retry-After`,
        measured: isTold ? `${spread(quickly, 0)} ms` : 'not all were refused at the door with Retry-After',
        isMet: isTold && median(quickly) <= TOLD_WITHIN,
      },
    ],
    detail: table(head, rows),
  };
};
