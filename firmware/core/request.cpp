#include "core/request.h"

namespace signalbox {

bool is_request(pb_size_t which) {
  switch (which) {
    case signalbox_unitlink_v1_Envelope_hello_tag:
    case signalbox_unitlink_v1_Envelope_describe_tag:
    case signalbox_unitlink_v1_Envelope_read_tag:
    case signalbox_unitlink_v1_Envelope_write_tag:
    case signalbox_unitlink_v1_Envelope_invoke_tag:
    case signalbox_unitlink_v1_Envelope_subscribe_tag:
    case signalbox_unitlink_v1_Envelope_resume_tag:
    case signalbox_unitlink_v1_Envelope_ping_tag:
    case signalbox_unitlink_v1_Envelope_update_begin_tag:
    case signalbox_unitlink_v1_Envelope_update_chunk_tag:
    case signalbox_unitlink_v1_Envelope_update_apply_tag:
    case signalbox_unitlink_v1_Envelope_update_abort_tag:
    case signalbox_unitlink_v1_Envelope_update_query_tag:
      return true;
    default:
      return false;
  }
}

void RequestQueue::push(const Envelope& envelope, uint64_t arrived_ms) {
  Request& request = slots_[(first_ + count_++) % kMaxInFlight];
  request.id = envelope.request_id;
  request.arrived_ms = arrived_ms;
  request.which = envelope.which_body;
  switch (request.which) {
    case signalbox_unitlink_v1_Envelope_describe_tag:
      request.body.describe = envelope.body.describe;
      break;
    case signalbox_unitlink_v1_Envelope_read_tag:
      request.body.read = envelope.body.read;
      break;
    case signalbox_unitlink_v1_Envelope_write_tag:
      request.body.write = envelope.body.write;
      break;
    case signalbox_unitlink_v1_Envelope_invoke_tag:
      request.body.invoke = envelope.body.invoke;
      break;
    case signalbox_unitlink_v1_Envelope_subscribe_tag:
      request.body.subscribe = envelope.body.subscribe;
      break;
    case signalbox_unitlink_v1_Envelope_resume_tag:
      request.body.resume = envelope.body.resume;
      break;
    case signalbox_unitlink_v1_Envelope_update_status_tag:
      request.body.update_status = envelope.body.update_status;
      break;
    default:
      break;
  }
}

}  // namespace signalbox
