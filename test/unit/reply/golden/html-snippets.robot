===== Put <div class="box"
Put &lt;div class="box"&gt; around the &lt;img src="a.png"&gt; and close it with &lt;/div&gt;.  
A line  
break, a comment &lt;!-- hidden --&gt; and x &lt; y && y &gt; z stay.

&lt;details&gt;  
&lt;summary&gt;More \*info\*&lt;/summary&gt;  
&lt;p&gt;Use &lt;b&gt;bold&lt;/b&gt;&lt;/p&gt;  
&lt;/details&gt;

Generic types such as Map&lt;string, Array&lt;number&gt;&gt; or &lt;T extends object&gt; matter. Arrow: a =&gt; b -&gt; c.

Mail me@example.com or open [https://example.com/a\_b\_c?x=1&y=2](https://example.com/a_b_c?x=1&y=2). Copyright &copy; 2026, `<br>` in code.
