// What `require("vamp-node-client")` gives inside user code. These names are the published client's; `run` and `result` are new.
export { Api } from "./api.ts";
export { ElasticsearchMetrics } from "./metrics.ts";
export { Http } from "./http.ts";
export { Log } from "./log.ts";
export { result, run } from "./run.ts";
export { Util } from "./util.ts";
