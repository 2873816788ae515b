#include "commands/push.h"

namespace larder {

void Push::append_to(ReplyBuffer& out, RespVersion version, bool is_subscriber) const {
  if (version == RespVersion::k2) {
    if (resp2.empty() || (resp2_subscribers_only && !is_subscriber)) return;
    out.append(resp2);
  } else if (!resp3.empty()) {
    out.append(resp3);
  } else {
    out.append('>');
    out.append(std::string_view(resp2).substr(1));
  }
  if (!payload) return;
  out.append_blob(payload, payload->view());
  out.append("\r\n");
}

}  // namespace larder
