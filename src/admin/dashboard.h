// The dashboard: its page at / and that page's files under /page/. Open to whoever reaches the port: they hold nothing
// of the server's; what they show they ask for under /api, with the token.
#pragma once

#include "admin/http_router.h"

namespace larder {

void add_dashboard(HttpRouter& router);

}  // namespace larder
