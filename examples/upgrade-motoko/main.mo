import Array "mo:core/Array";
import Runtime "mo:core/Runtime";

/// A list of tasks that outlives its own code. README.md says what to change, and what happens then.
persistent actor Tasks {
  type State = { #open; #done };
  type Task = { title : Text; state : State };

  var tasks : [Task] = [];
  /// Transient: it begins anew with each upgrade, on purpose.
  transient var callsSinceUpgrade : Nat = 0;

  public func add(title : Text) : async Nat {
    callsSinceUpgrade += 1;
    tasks := Array.concat(tasks, [{ title; state = #open }]);
    tasks.size();
  };

  public func set(number : Nat, state : State) : async Task {
    callsSinceUpgrade += 1;
    if (number >= tasks.size()) Runtime.trap("there is no task of this number");
    let changed = { tasks[number] with state };
    tasks := Array.tabulate<Task>(tasks.size(), func i = if (i == number) changed else tasks[i]);
    changed;
  };

  public query func list() : async { tasks : [Task]; callsSinceUpgrade : Nat } {
    { tasks; callsSinceUpgrade };
  };
};
