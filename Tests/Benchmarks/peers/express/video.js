// A video as its owner sees it, from its row.
'use strict';

const failures = {
  vendor_failed: ['The video service could not make this video. Nothing was charged.', 'retry'],
};
const statuses = {
  queued: 'pending', submitting: 'processing', submit_unknown: 'processing',
  submitted: 'processing', storing: 'processing', delivered: 'completed',
};
const details = {
  queued: 'queued', submitting: 'submitting', submit_unknown: 'checking', submitted: 'rendering',
  storing: 'saving', delivered: null,
};

const dollars = (micros) => micros / 1e6;
const instant = (text) => (text === null ? null : `${text.slice(0, 10)}T${text.slice(11, 23)}Z`);

exports.dollars = dollars;

exports.present = (row) => {
  const isRefunded = row.state === 'refunded';
  const isCanceled = row.failure_reason === 'canceled';
  const address = `${process.env.PEER_URL}/api/videos/${row.id}`;
  const video = {
    jobId: row.id,
    taskId: row.task_id,
    tier: row.tier,
    status: isRefunded ? (isCanceled ? 'canceled' : 'failed') : statuses[row.state],
    statusDetail: isRefunded ? row.failure_reason : details[row.state],
    title: row.title,
    favorite: Boolean(row.is_favorite),
    prompt: row.prompt,
    negativePrompt: row.negative_prompt,
    image: row.input_image_url,
    imageTail: row.image_tail_url,
    duration: row.duration_seconds,
    aspectRatio: row.aspect_ratio,
    resolution: row.resolution,
    mode: row.mode,
    strength: row.strength,
    seed: row.seed,
    estimatedCost: dollars(row.user_charged_micros),
    userCharged: isRefunded ? 0 : dollars(row.user_charged_micros),
    videoUrl: row.file_bytes === null ? null : `${address}/file`,
    posterUrl: row.has_poster ? `${address}/poster` : null,
  };
  if (row.jobs_ahead !== null) video.position = row.jobs_ahead + 1;
  if (row.undo_until !== null) video.undoUntil = instant(row.undo_until);
  if (isRefunded && !isCanceled) {
    const [message, action] = failures[row.failure_reason];
    video.error = {
      code: 'GENERATION_FAILED', message, action, refund: true, reason: row.failure_reason,
    };
  }
  video.createdAt = instant(row.created_at);
  video.completedAt = instant(row.completed_at);
  return video;
};
