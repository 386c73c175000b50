//! A proxy between the store and the engine: it plays the network's and the service's faults, and reads the meter.

use std::collections::{HashSet, VecDeque};
use std::sync::{Arc, Mutex};

use http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Full};
use hyper::body::{Bytes, Incoming};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;

use crate::local;

/// What happens to a request.
#[derive(Clone, Debug)]
pub(crate) enum Fault {
    /// It is answered with this error and never reaches the engine.
    Error(StatusCode, &'static str),
    /// A transaction is canceled for these reasons and never reaches the engine.
    Canceled(&'static [&'static str]),
    /// The connection ends before the engine sees the request.
    LostBefore,
    /// The engine does it, and the connection ends before the answer.
    LostAfter,
    /// Nothing comes back and the engine sees nothing.
    SilentBefore,
    /// The engine does it, and nothing comes back.
    SilentAfter,
    /// The engine does it, and the answer is an internal error.
    ErrorAfter,
    /// It waits at a gate before it goes on to the engine.
    Held(Arc<Gate>),
}

/// Where a request waits until a test lets it go on.
#[derive(Debug, Default)]
pub(crate) struct Gate {
    arrived: Notify,
    opened: Notify,
}

impl Gate {
    /// Returns once a request waits.
    pub(crate) async fn arrived(&self) {
        self.arrived.notified().await;
    }

    /// Lets it go on.
    pub(crate) fn open(&self) {
        self.opened.notify_one();
    }
}

/// A request that the engine did, and what it cost.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Metered {
    pub(crate) operation: String,
    pub(crate) read_units: f64,
    pub(crate) write_units: f64,
}

/// Says what happens to a request, by its operation and its body.
type Script = Box<dyn FnMut(&str, &[u8]) -> Option<Fault> + Send>;

/// A proxy of a test's own; it ends with the test's runtime.
#[derive(Clone)]
pub(crate) struct Proxy {
    pub(crate) endpoint: String,
    state: Arc<Mutex<State>>,
}

struct State {
    script: Script,
    metered: Vec<Metered>,
}

impl Proxy {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let state = Arc::new(Mutex::new(State { script: Box::new(|_, _| None), metered: Vec::new() }));
        let proxy = Self { endpoint, state: Arc::clone(&state) };
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let state = Arc::clone(&state);
                let service = hyper::service::service_fn(move |request| handle(Arc::clone(&state), request));
                let serving = hyper::server::conn::http1::Builder::new()
                    .serve_connection(TokioIo::new(stream), service);
                tokio::spawn(async move { drop(serving.await) });
            }
        });
        proxy
    }

    /// From now on, what this says of an operation happens to its request.
    pub(crate) fn play(&self, script: impl FnMut(&str, &[u8]) -> Option<Fault> + Send + 'static) {
        self.state.lock().unwrap().script = Box::new(script);
    }

    /// The next requests of this operation meet these faults, in turn; all others none.
    pub(crate) fn play_on(&self, operation: &'static str, faults: &[Fault]) {
        let mut faults = VecDeque::from(faults.to_vec());
        self.play(move |name, _| if name == operation { faults.pop_front() } else { None });
    }

    /// The first try of every request meets this fault, and the second none.
    pub(crate) fn play_on_first_tries(&self, fault: Fault) {
        let mut tried = HashSet::new();
        self.play(move |_, body| {
            if tried.remove(body) {
                return None;
            }
            tried.insert(body.to_vec());
            Some(fault.clone())
        });
    }

    /// What the engine did since the last look.
    pub(crate) fn take_metered(&self) -> Vec<Metered> {
        std::mem::take(&mut self.state.lock().unwrap().metered)
    }
}

/// The connection is to end.
#[derive(Debug)]
struct Lost;

impl std::fmt::Display for Lost {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("lost")
    }
}

impl std::error::Error for Lost {}

async fn handle(state: Arc<Mutex<State>>, request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Lost> {
    let (head, body) = request.into_parts();
    let target = head.headers.get("x-amz-target").and_then(|value| value.to_str().ok());
    let operation = target.and_then(|target| target.split('.').nth(1)).unwrap_or_default().to_owned();
    // A client that gave up is no concern of the engine.
    let body = body.collect().await.map_err(|_| Lost)?.to_bytes();
    let fault = (state.lock().unwrap().script)(&operation, &body);
    let forward = forward(&state, &operation, head, &body);
    match fault {
        None => Ok(forward.await),
        Some(Fault::Error(status, code)) => Ok(error(status, code, Value::Null)),
        Some(Fault::Canceled(codes)) => {
            let reasons: Value = codes.iter().map(|code| json!({ "Code": code })).collect();
            Ok(error(StatusCode::BAD_REQUEST, "TransactionCanceledException", reasons))
        }
        Some(Fault::LostBefore) => Err(Lost),
        Some(Fault::LostAfter) => {
            forward.await;
            Err(Lost)
        }
        Some(Fault::SilentBefore) => std::future::pending().await,
        Some(Fault::SilentAfter) => {
            forward.await;
            std::future::pending().await
        }
        Some(Fault::Held(gate)) => {
            gate.arrived.notify_one();
            gate.opened.notified().await;
            Ok(forward.await)
        }
        Some(Fault::ErrorAfter) => {
            forward.await;
            Ok(error(StatusCode::INTERNAL_SERVER_ERROR, "InternalServerError", Value::Null))
        }
    }
}

fn error(status: StatusCode, code: &str, reasons: Value) -> Response<Full<Bytes>> {
    let mut body =
        json!({ "__type": format!("com.amazonaws.dynamodb.v20120810#{code}"), "message": "played" });
    if !reasons.is_null() {
        body["CancellationReasons"] = reasons;
    }
    let mut response = Response::new(Full::new(Bytes::from(body.to_string())));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, "application/x-amz-json-1.0".parse().unwrap());
    response
}

/// Passes a request on, asking for what it costs.
async fn forward(
    state: &Mutex<State>,
    operation: &str,
    mut head: http::request::Parts,
    body: &[u8],
) -> Response<Full<Bytes>> {
    let mut body: Value = serde_json::from_slice(body).unwrap();
    body["ReturnConsumedCapacity"] = "TOTAL".into();
    head.headers.remove(CONTENT_LENGTH);
    let parts = body["TransactItems"].as_array().map_or(0, Vec::len);
    let request = Request::from_parts(head, Full::new(Bytes::from(body.to_string())));
    let (head, body) = exchange(request).await.into_parts();
    let bytes = body.collect().await.unwrap().to_bytes();
    let answer: Value = serde_json::from_slice(&bytes).unwrap();
    state.lock().unwrap().metered.push(meter(operation, parts, head.status, &answer));
    let mut response = Response::from_parts(head, Full::new(bytes));
    response.headers_mut().remove(CONTENT_LENGTH);
    response
}

async fn exchange(request: Request<Full<Bytes>>) -> Response<Incoming> {
    let engine = local::endpoint().trim_start_matches("http://");
    let stream = TcpStream::connect(engine).await.unwrap();
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.unwrap();
    tokio::spawn(async move { drop(connection.await) });
    sender.send_request(request).await.unwrap()
}

fn meter(operation: &str, parts: usize, status: StatusCode, answer: &Value) -> Metered {
    let is_read = matches!(operation, "GetItem" | "Query" | "Scan");
    let consumed = &answer["ConsumedCapacity"];
    let units: f64 = match consumed {
        Value::Array(tables) => tables.iter().filter_map(|table| table["CapacityUnits"].as_f64()).sum(),
        // A refused write is charged like a done one, by the size of what is there; the engine's error does not say so.
        _ if !status.is_success() => 1.0,
        // The engine counts nothing for a query that finds nothing; the service counts the least there is.
        one if operation == "Query" => one["CapacityUnits"].as_f64().unwrap_or_default().max(1.0),
        one => one["CapacityUnits"].as_f64().unwrap_or_default(),
    };
    // The engine counts a transaction of one part twice over; the service asks twice the price of a single write.
    let units = if parts == 1 { units / 2.0 } else { units };
    let (read_units, write_units) = if is_read { (units, 0.0) } else { (0.0, units) };
    Metered { operation: operation.to_owned(), read_units, write_units }
}
