/** Which thread an email belongs to, whether it needs a subject for it, and what a message without content becomes. */
import type { Holds } from '../model/create-steps.ts';
import { applies, isEmail } from '../model/step.ts';
import { cellOf, notApplicable, refuse, warn, type Draft } from './draft.ts';

/** Which thread an email belongs to, and whether it needs a subject for it. */
export function settleThread(draft: Draft, holds: Holds): void {
  const { record } = draft;
  if (!isEmail(record.type)) {
    if (record.is_reply !== undefined) notApplicable(draft, '/is_reply', 'is_reply');
    return;
  }
  if (!record.template) {
    if (record.is_reply !== undefined) {
      const detail = 'An email without content belongs to no thread yet; `is_reply` was left out.';
      warn(draft, { type: 'NOT_APPLICABLE', pointer: '/is_reply', detail, from: record.is_reply });
    }
    return;
  }
  const inThread = record.is_reply === true && mayReply(draft, holds);
  const fellBack = record.is_reply === true && inThread === false;
  if (fellBack) startThread(draft);
  draft.kept.is_reply = inThread !== false;
  if (record.template.body === undefined) {
    const { support } = cellOf(draft, 'template.id');
    if (fellBack && support === 'native') refuseUnseenSubject(draft);
    if (inThread === true && support === 'lossy') leaveOutCopiedSubject(draft);
    return;
  }
  if (inThread === true) settleReplySubject(draft);
  if (inThread === false && !record.template.subject?.trim()) {
    const detail = 'This email starts a thread and needs a subject.';
    refuse(draft, { code: 'SUBJECT_REQUIRED', detail, pointer: '/template/subject' });
  }
}

/** Undefined while it depends on a state that nobody has looked at. */
function mayReply(draft: Draft, holds: Holds): boolean | undefined {
  if (cellOf(draft, 'is_reply').support === 'none') return false;
  return draft.operation.preconditions.earlier_email === undefined || holds.earlier_email;
}

function startThread(draft: Draft): void {
  const cell = cellOf(draft, 'is_reply');
  const because = cell.support === 'none' ? cell.because : (draft.operation.preconditions.earlier_email ?? '');
  const detail = `${because} The email starts a new thread.`;
  warn(draft, { type: 'REPLY_AS_NEW_THREAD', pointer: '/is_reply', detail, from: true, to: false });
}

/** A fallback never sends a message whose subject nobody has seen; a template that is inlined is looked at. */
function refuseUnseenSubject(draft: Draft): void {
  const detail =
    'This email would start a thread, and the subject of an existing template cannot be checked. Give content with a subject.';
  refuse(draft, { code: 'SUBJECT_REQUIRED', detail, pointer: '/template/subject' });
}

function settleReplySubject(draft: Draft): void {
  const subject = draft.record.template?.subject;
  const cell = cellOf(draft, 'reply_subject');
  if (subject === undefined || cell.support !== 'none') return;
  delete draft.kept['template.subject'];
  const detail = `${cell.because} \`template.subject\` was left out.`;
  warn(draft, { type: 'FIELD_NOT_SUPPORTED', pointer: '/template/subject', detail, from: subject });
}

/** Of a template that is copied by value; whether it has one is seen later. */
function leaveOutCopiedSubject(draft: Draft): void {
  const cell = cellOf(draft, 'reply_subject');
  if (cell.support !== 'none') return;
  const detail = `${cell.because} The subject that the template may have was left out.`;
  warn(draft, { type: 'FIELD_NOT_SUPPORTED', pointer: '/template/id', detail });
}

export function settleContent(draft: Draft): void {
  const { record } = draft;
  if (record.template !== undefined || !applies('without_content', record.type)) return;
  const cell = cellOf(draft, 'without_content');
  if (cell.support === 'lossy')
    warn(draft, { type: 'STEP_WITHOUT_CONTENT', pointer: '/template', detail: cell.because });
  if (cell.support === 'none') refuse(draft, { code: 'TEMPLATE_REQUIRED', detail: cell.because, pointer: '/template' });
}
