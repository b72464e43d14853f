import Time "mo:core/Time";
import Timer "mo:core/Timer";

/// A canister that acts although nobody calls it.
persistent actor Clock {
  var ticks : Nat = 0;
  var lastTick : Int = 0;

  func tick() : async () {
    ticks += 1;
    lastTick := Time.now();
  };

  // Timers do not survive an upgrade, so their number is transient: this line runs again and starts a new one.
  transient var timer : ?Timer.TimerId = ?Timer.recurringTimer<system>(#seconds 2, tick);

  public func stop() : async () {
    let ?running = timer else return;
    Timer.cancelTimer(running);
    timer := null;
  };

  public func start(seconds : Nat) : async () {
    await stop();
    timer := ?Timer.recurringTimer<system>(#seconds seconds, tick);
  };

  public query func read() : async { ticks : Nat; lastTick : Int } {
    { ticks; lastTick };
  };
};
