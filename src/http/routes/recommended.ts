/** The recommended sequences, as https://www.upscaleoutreach.com/api-docs/get-sequences describes them: flat errors, no tenant. */
import { z } from 'zod';
import { DIMENSIONS, recommend } from '../../catalogue/catalogue.ts';
import { answerJson } from '../answer.ts';
import { RECOMMENDED_PATH } from '../recommended-path.ts';
import { jsonAnswer } from './answers.ts';
import type { Route } from './route.ts';

const answer = z
  .lazy(() =>
    z.object({
      sequences: z.array(
        z.object({
          id: z.string().meta({ example: 'medium_meeting_normal_false' }),
          steps: z.array(
            z.object({
              step: z.int(),
              message_type: z.string(),
              wait_time_after: z.string().meta({ example: '4d 0h' }),
            }),
          ),
        }),
      ),
    }),
  )
  .meta({ id: 'RecommendedSequences' });

const flatError = z.object({ error: z.string() }).meta({ id: 'FlatError' });

export const recommendedRoute: Route = {
  config: {
    method: 'get',
    path: RECOMMENDED_PATH,
    operationId: 'getRecommendedSequences',
    tags: ['Sequences'],
    summary: 'Recommended sequences',
    description:
      'Without a parameter all of them; with one, all four filter, and an omitted one or `default` means medium, meeting, normal, false. Takes the key in `Api-Key` too.',
    security: [{ apiKey: [] }, { bearer: [] }, { plainApiKey: [] }],
    request: () => ({
      query: z.object({
        sequence_length: z.string().optional().meta({ description: '`short`, `medium` or `long`.' }),
        campaign_objective: z
          .string()
          .optional()
          .meta({ description: '`brand_awareness`, `event_attendance` or `meeting`.' }),
        cadence_profile: z.string().optional().meta({ description: '`rapid`, `normal` or `long_term`.' }),
        saturated_markets: z.string().optional().meta({ description: '`true` or `false`.' }),
      }),
    }),
    responses: () => ({
      200: jsonAnswer('Those that match; none for a value that nobody knows.', answer),
      401: jsonAnswer('No or a wrong key.', flatError),
      500: jsonAnswer('The gateway failed.', flatError),
    }),
  },
  handler: (c) =>
    answerJson(c, { sequences: recommend(Object.fromEntries(DIMENSIONS.map((name) => [name, c.req.query(name)]))) }),
};
