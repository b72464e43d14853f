import Nat "mo:core/Nat";
import Runtime "mo:core/Runtime";
import Timer "mo:core/Timer";
import VarArray "mo:core/VarArray";

/// Conway's Game of Life on a world without edges. Nobody calls it: a timer makes each generation.
persistent actor Life {
  type Shape = { #glider; #blinker; #rPentomino };

  transient let side = 24;
  var cells : [var Bool] = VarArray.repeat(false, 576);
  var generation : Nat = 0;

  func at(x : Nat, y : Nat) : Nat { (y % side) * side + x % side };

  func step() : async () {
    let before = cells;
    // Adding `side - 1` is going one back, round the edge.
    cells := VarArray.tabulate<Bool>(
      before.size(),
      func i {
        let (x, y) = (i % side, i / side);
        var neighbours = 0;
        for (dy in [side - 1 : Nat, 0, 1].values()) {
          for (dx in [side - 1 : Nat, 0, 1].values()) {
            if ((dx != 0 or dy != 0) and before[at(x + dx, y + dy)]) neighbours += 1;
          };
        };
        neighbours == 3 or (neighbours == 2 and before[i]);
      },
    );
    generation += 1;
  };

  // Timers do not survive an upgrade, so their number is transient: this line runs again and starts a new one.
  transient var timer : ?Timer.TimerId = ?Timer.recurringTimer<system>(#seconds 1, step);

  /// Sets a shape down where it is then found by the next generation.
  public func put(shape : Shape, x : Nat, y : Nat) : async Text {
    if (x >= side or y >= side) Runtime.trap("the world is " # Nat.toText(side) # " cells wide and high");
    let offsets = switch shape {
      case (#glider) [(1, 0), (2, 1), (0, 2), (1, 2), (2, 2)];
      case (#blinker) [(0, 0), (1, 0), (2, 0)];
      case (#rPentomino) [(1, 0), (2, 0), (0, 1), (1, 1), (1, 2)];
    };
    for ((dx, dy) in offsets.values()) cells[at(x + dx, y + dy)] := true;
    drawn();
  };

  public func stop() : async () {
    let ?running = timer else return;
    Timer.cancelTimer(running);
    timer := null;
  };

  public func start(seconds : Nat) : async () {
    await stop();
    timer := ?Timer.recurringTimer<system>(#seconds seconds, step);
  };

  public query func picture() : async Text { drawn() };

  public query func status() : async { generation : Nat; alive : Nat; runs : Bool } {
    var alive = 0;
    for (cell in cells.values()) if (cell) alive += 1;
    { generation; alive; runs = timer != null };
  };

  func drawn() : Text {
    var path = "";
    for (i in cells.keys()) {
      if (cells[i]) path #= "M" # Nat.toText(i % side) # " " # Nat.toText(i / side) # "h.9v.9h-.9z";
    };
    "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 24 24\" width=\"288\" height=\"288\"><title>Generation " # Nat.toText(generation) # "</title><path fill=\"#16211d\" d=\"M0 0h24v24H0z\"/><path fill=\"#9bd65f\" d=\"" # path # "\"/></svg>";
  };

  // The first world: a pentomino that takes a thousand generations to settle, and a glider on its way into it.
  if (generation == 0) {
    for ((x, y) in [(12, 11), (13, 11), (11, 12), (12, 12), (12, 13), (2, 1), (3, 2), (1, 3), (2, 3), (3, 3)].values()) {
      cells[at(x, y)] := true;
    };
  };
};
